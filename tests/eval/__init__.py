"""The product's own functions on real files, scored by a checker that knows nothing of the product."""
