"""The production checklist: 46 lines as data, a probe for each line that has one, the evidence that probes leave."""
