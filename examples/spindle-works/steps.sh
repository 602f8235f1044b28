# The maker's plant: four machines, three customers, three contracts. One machine is real, and so is its day.
lineshaft apply plant
python ../machining-hours/make_readings.py $OUT/readings.csv
lineshaft historian import $OUT/readings.csv --source lowmill-day --map map.toml
# The month of that day is billed. The books do not hold this invoice: what reads the hub counts it, too.
lineshaft invoice issue lowmill-cutting --at 2017-06-01T00:00:00Z
lineshaft invoice show THM-000001
lineshaft invoice export THM-000001 $OUT
lineshaft verify $OUT/THM-000001.json --keys $OUT/keys.json --evidence $OUT/THM-000001.evidence.json
# What depends on one supplier alone, and what changed since last week.
lineshaft valuechain register network --before network-last-week
# The only supplier of the motor spindle delivers nothing for 60 days. What keeps lines and guarantees whole?
lineshaft valuechain outage network --kind supplier --target havelin --start 2018-01-01 --days 60 --keep-line mill-turn --keep-line five-axis --credits-max 0 --contracts --save $OUT/havelin.json
# Asked again, the same files and contracts give the same answer to the byte.
lineshaft valuechain outage-again network $OUT/havelin.json --contracts
# How far has the firm moved from product to service? 2017, from its invoices.
lineshaft valuechain servitization show --books books --first 2017-01 --last 2017-12
# What of it do connected machines earn, quarter by quarter?
lineshaft valuechain channels books --channel digital --site ''
# What does an hour of each activity earn, along the value chain?
lineshaft valuechain smile books
