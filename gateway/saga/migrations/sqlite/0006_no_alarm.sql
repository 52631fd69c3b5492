-- A commit is one statement now, which changes one row or none.
DROP TABLE saga_alarm;
