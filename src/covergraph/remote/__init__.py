"""The same content and the same questions in a separate SPARQL 1.1 store, over the W3C protocols."""
