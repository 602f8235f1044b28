# The maker's plant: one machining centre, one customer, one contract.
lineshaft apply plant
# The recorded day becomes a file of readings, and the file becomes a source with a key of its own.
python make_readings.py $OUT/readings.csv
lineshaft historian import $OUT/readings.csv --source mill-day --map map.toml
# The day is billed, and everything that the customer needs is written.
lineshaft invoice issue riverside-milling --at 2017-06-22T00:00:00Z
lineshaft invoice show MILL-000001
lineshaft invoice export MILL-000001 $OUT
# The customer checks it, with the public keys alone.
lineshaft verify $OUT/MILL-000001.json --keys $OUT/keys.json --evidence $OUT/MILL-000001.evidence.json
