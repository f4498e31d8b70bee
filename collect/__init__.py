"""The WSGI app that takes hits: one module a way in; each turns a request into Hits for the intake, and nothing else."""
