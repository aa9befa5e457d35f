-- When owners said last where they live: limits are counted by the days there, so they do not say so at will.
ALTER TABLE entitlements ADD COLUMN zone_since INTEGER;
