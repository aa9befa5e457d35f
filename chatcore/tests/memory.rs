//! The store in memory passes the suite.

chatcore::conformance!(chatcore::conformance::MemoryHarness);
