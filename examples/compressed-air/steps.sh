# The maker's plant: one compressor station, one customer, one contract.
lineshaft apply plant
# The month as the logger has it, without its last two days.
lineshaft historian import readings.csv --source air-june --map map.toml
# On 17 June the air meter was exchanged. An exchange counts once a second person has approved it.
lineshaft records add records.toml
python ../approve_exchange.py air-meter-1
# The month is billed with what is known.
lineshaft invoice issue bakery-air --at 2025-06-15T00:00:00Z
lineshaft invoice show AIR-000001
lineshaft invoice export AIR-000001 $OUT
lineshaft verify $OUT/AIR-000001.json --keys $OUT/keys.json --evidence $OUT/AIR-000001.evidence.json
# Now the logger delivers the last two days. The invoice stays as it is; the difference is a document.
lineshaft historian import late.csv --source air-june-late --map map.toml
lineshaft invoice correct bakery-air --at 2025-06-15T00:00:00Z
lineshaft invoice show AIR-000002
lineshaft invoice export AIR-000002 $OUT
lineshaft verify $OUT/AIR-000002.json --keys $OUT/keys.json --evidence $OUT/AIR-000002.evidence.json --corrected $OUT/AIR-000001.json
