"""The graph as a service: SPARQL endpoint, HTTP API and pages. Needs the extra ``covergraph[serve]``."""
