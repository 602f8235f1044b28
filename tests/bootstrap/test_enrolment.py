"""What a source that asks to be let in hears, from intake and identity together."""

from pathlib import Path

from lineshaft.bootstrap.application import Application
from lineshaft.bootstrap.source_adapters import Enrolment
from lineshaft.core.messages import EnrolAnswer, EnrolRequest, decode, encode, enrol_proof
from tests.platform.historian.house import House, Source


async def test_who_asks_while_intake_recovers_from_a_crash_hears_its_mark(
    application: Application, tmp_path: Path
) -> None:
    """What the bus listens to is there before intake has looked at what a crash left behind."""
    source, house = Source(), House(tmp_path, application.database)
    public_key = source.key.public_key().public_bytes_raw().hex()
    proof = source.key.sign(enrol_proof(source.name, source.salt)).hex()
    request = encode(EnrolRequest(source.name, public_key, source.salt.hex(), proof))
    enrolment = Enrolment(application.identity, {source.name: public_key}.__getitem__)
    recovering = house.intake()  # and runs not yet
    first = decode(await recovering.on_enrol(request, enrolment), EnrolAnswer)
    assert first == EnrolAnswer("accepted", 1, 0, 0)
    source.fill(2, 5)
    house.store(source)
    restarted = decode(await house.intake().on_enrol(request, enrolment), EnrolAnswer)
    assert restarted == EnrolAnswer("accepted", 1, 2, 10)
