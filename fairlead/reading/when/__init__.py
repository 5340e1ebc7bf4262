"""When people mean: dates and times in what they write, read strictly, by a grammar that is data (en.toml)."""
