"""From review files to train and test: reading, cleaning, bounds, the split, Parquet files and the manifest."""
