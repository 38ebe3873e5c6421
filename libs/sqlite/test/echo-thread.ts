/** A thread for the tests of FileThread. */
import { type Answering, openDurable, type Send, serveFile } from "../src/mod.ts";

serveFile(({ path }: { path: string }, reply: Send<string>) => {
  const open = (version: number) => openDurable({ path, title: "the echoes" }, 1 << 20, { version, sql: "" });
  if (path.endsWith("newer.db")) open(2).close();
  const db = open(1);
  reply("opened");
  return {
    handle(text: string, { resolve, reject }: Answering) {
      switch (text) {
        case "wait":
          return;
        case "late":
          setImmediate(() => resolve(text));
          return;
        case "sent":
          return reply(text);
        case "refuse":
          return reject(new Error("as asked"));
        case "die":
          throw new Error("died as asked");
        default:
          resolve(text);
      }
    },
    close: () => db.close(),
  };
});
