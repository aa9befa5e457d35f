-- Whoever follows all runs of somebody looks for those that began since.
CREATE INDEX runs_by_owner ON runs (owner, id);
