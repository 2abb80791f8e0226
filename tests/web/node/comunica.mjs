// Asks an endpoint with Comunica; prints one line of JSON for each query.
// node comunica.mjs found-out|told URL QUERY...   (told: that the URL is a SPARQL endpoint)
import { QueryEngine } from "@comunica/query-sparql";

const [how, url, ...queries] = process.argv.slice(2);
const source = how === "told" ? { type: "sparql", value: url } : url;
const engine = new QueryEngine();
for (const query of queries) {
  const result = await engine.query(query, { sources: [source] });
  let found;
  if (result.resultType === "boolean") found = await result.execute();
  else if (result.resultType === "bindings") {
    const rows = await (await result.execute()).toArray();
    found = rows.map((row) => Object.fromEntries([...row].map(([variable, term]) => [variable.value, term.value])));
  } else {
    const quads = await (await result.execute()).toArray();
    found = quads.map((quad) => [quad.subject.value, quad.predicate.value, quad.object.value]);
  }
  console.log(JSON.stringify(found));
}
