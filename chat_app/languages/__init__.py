"""The languages of the interface: which one a person reads, and its words. One JSON file a language, all with the same keys."""
