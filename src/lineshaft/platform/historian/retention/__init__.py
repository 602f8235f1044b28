"""What may be deleted and when: holds, rules, deletion of whole blocks with tombstones."""
