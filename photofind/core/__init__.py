"""Everything that needs neither Qt nor torch: the library, its catalog, search and duplicates."""
