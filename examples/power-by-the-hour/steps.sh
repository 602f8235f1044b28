# The maker's plant: three engines, one airline, one contract for all of them.
lineshaft apply plant
# The flights of June, and of the day before.
lineshaft historian import readings.csv --source engines-2025 --map map.toml
# June is billed: all hours of the fleet as one, by the indices of the contract.
lineshaft invoice issue island-fleet --at 2025-06-01T00:00:00Z
lineshaft invoice show FLY-000001
lineshaft invoice export FLY-000001 $OUT
# The airline checks it, with the public keys alone.
lineshaft verify $OUT/FLY-000001.json --keys $OUT/keys.json --evidence $OUT/FLY-000001.evidence.json
