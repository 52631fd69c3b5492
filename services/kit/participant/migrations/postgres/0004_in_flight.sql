-- The calls that went on to another system, for whoever finds out what became of them.
CREATE INDEX ledger_in_flight ON ledger (changed_at) WHERE outcome = 'in_flight';
