// A server of CouchDB's protocol on a port that is free, whose URL it prints.
const load = (name) => {
  try {
    return require(name);
  } catch (e) {
    if (e.code !== "MODULE_NOT_FOUND") throw e;
    console.log("missing " + name);
    process.exit(1);
  }
};
const express = load("express");
const pouch = load("express-pouchdb");
const PouchDB = load("pouchdb").plugin(load("pouchdb-adapter-memory")).defaults({ adapter: "memory" });
const app = express();
app.use("/", pouch(PouchDB, { inMemoryConfig: true, mode: "minimumForPouchDB" }));
const server = app.listen(0, "127.0.0.1", () => console.log("http://127.0.0.1:" + server.address().port));
