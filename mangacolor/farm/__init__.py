"""A library coloured by many processes, on one machine or a cluster, with Ray Data."""
