"""A case as a form: fields made from the case schema and the ontology of a domain, and what is posted made a case."""
