import assert from "node:assert/strict";
import { test } from "node:test";
import type { PresentConnection, State } from "../state.ts";
import { awkwardNames, longTtlMs, type OpenSubject, shortTtlMs } from "./subject.ts";

const connection = (instance: string, id: string): PresentConnection => ({
  id,
  instance,
  info: { remote: "127.0.0.1:5000", since: 1 },
});

/** Every id by pages of two, as a caller would. */
async function allIds(state: State, room?: string, limit = 2): Promise<string[]> {
  const ids: string[] = [];
  for (;;) {
    const after = ids.at(-1);
    const options = after === undefined ? { limit } : { after, limit };
    const page =
      room === undefined ? await state.presence.list(options) : await state.presence.members(room, options);
    assert(page.length <= limit);
    ids.push(...page.map(({ id }) => id));
    if (page.length < limit) return ids;
  }
}

const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

export function presenceContract(open: OpenSubject): void {
  test("find() and list() show the connections of every instance that beats, in order of id, page by page", async () => {
    await using subject = await open();
    const { first, second } = subject;
    await first.presence.join(
      "one",
      ["d", "a"].map((id) => connection("one", id)),
    );
    assert.equal(await second.presence.find("a"), undefined, "before the first beat");
    await first.presence.beat("one", longTtlMs);
    await second.presence.beat("two", longTtlMs);
    await second.presence.join(
      "two",
      ["c", "b", "e"].map((id) => connection("two", id)),
    );
    assert.deepEqual(await second.presence.find("a"), connection("one", "a"));
    assert.deepEqual(await first.presence.find("b"), connection("two", "b"));
    assert.equal(await first.presence.find("nobody"), undefined);
    assert.deepEqual(await allIds(first), ["a", "b", "c", "d", "e"]);
    assert.deepEqual(await second.presence.list({ after: "b", limit: 2 }), [
      connection("two", "c"),
      connection("one", "d"),
    ]);
  });

  test("join(), leave(), enter() and exit() change nothing when repeated", async () => {
    await using subject = await open();
    const { presence } = subject.first;
    await presence.beat("one", longTtlMs);
    for (let i = 0; i < 2; i++) await presence.join("one", [connection("one", "a"), connection("one", "b")]);
    for (let i = 0; i < 2; i++) await presence.enter("room", "a");
    assert.deepEqual(await allIds(subject.first), ["a", "b"]);
    assert.deepEqual(await allIds(subject.first, "room"), ["a"]);
    await presence.join("one", [connection("one", "a")]);
    assert.deepEqual(await allIds(subject.first, "room"), ["a"], "joining again keeps the rooms");
    for (let i = 0; i < 2; i++) await presence.exit("room", "a");
    assert.deepEqual(await allIds(subject.first, "room"), []);
    for (let i = 0; i < 2; i++) await presence.leave("one", ["a", "nobody"]);
    assert.deepEqual(await allIds(subject.first), ["b"]);
  });

  test("members() shows a room in order of id; a membership ends with its connection", async () => {
    await using subject = await open();
    const { first, second } = subject;
    await first.presence.beat("one", longTtlMs);
    await second.presence.beat("two", longTtlMs);
    await first.presence.join(
      "one",
      ["a", "c", "e"].map((id) => connection("one", id)),
    );
    await second.presence.join(
      "two",
      ["b", "d"].map((id) => connection("two", id)),
    );
    for (const id of ["e", "d", "c", "b", "a", "nobody"]) await first.presence.enter("room", id);
    await second.presence.enter("rooms", "b");
    assert.deepEqual(await allIds(second, "room"), ["a", "b", "c", "d", "e"]);
    assert.deepEqual(await allIds(first, "rooms"), ["b"]);
    await first.presence.leave("one", ["c"]);
    await second.presence.exit("room", "a");
    assert.deepEqual(await allIds(second, "room"), ["b", "d", "e"]);
    await first.presence.join("one", [connection("one", "c")]);
    assert.deepEqual(await allIds(second, "room"), ["b", "d", "e"], "a new connection is in no room");
    await first.presence.leave("one", ["b"]);
    assert.notEqual(
      await first.presence.find("b"),
      undefined,
      "only its own instance takes a connection away",
    );
  });

  test("an instance that stops beating is gone with all it has, and back when it beats again", async () => {
    await using subject = await open();
    const { first, second } = subject;
    await first.presence.beat("one", shortTtlMs);
    await first.presence.join("one", [connection("one", "a")]);
    await first.presence.enter("room", "a");
    await second.presence.beat("two", longTtlMs);
    await second.presence.join("two", [connection("two", "b")]);
    for (let i = 0; i < 3; i++) {
      await subject.pass(shortTtlMs / 2);
      await first.presence.beat("one", shortTtlMs);
    }
    assert.deepEqual(await allIds(second), ["a", "b"]);
    await subject.pass(shortTtlMs + 50);
    assert.equal(await second.presence.find("a"), undefined);
    assert.deepEqual(await allIds(second), ["b"]);
    assert.deepEqual(await allIds(second, "room"), []);
    await first.presence.beat("one", longTtlMs);
    assert.deepEqual(await allIds(second), ["a", "b"]);
    assert.deepEqual(await allIds(second, "room"), ["a"]);
  });

  test("many connections join and leave in one call", async () => {
    await using subject = await open();
    const { presence } = subject.first;
    await presence.beat("one", longTtlMs);
    const ids = Array.from({ length: 1_500 }, (_, i) => `c${String(i).padStart(5, "0")}`);
    await presence.join(
      "one",
      ids.map((id) => connection("one", id)),
    );
    assert.deepEqual(await allIds(subject.second, undefined, 400), ids);
    await presence.leave("one", ids.slice(1));
    assert.deepEqual(await allIds(subject.second), ids.slice(0, 1));
  });

  test("ids, rooms and instances that look alike are different, and stand in order of their bytes", async () => {
    await using subject = await open();
    const { presence } = subject.first;
    for (const name of awkwardNames) {
      await presence.beat(name, longTtlMs);
      await presence.join(name, [connection(name, name)]);
      await presence.enter(name, name);
    }
    assert.deepEqual(await allIds(subject.second), awkwardNames.toSorted(byBytes));
    for (const name of awkwardNames) {
      assert.deepEqual(await presence.members(name, { limit: 10 }), [connection(name, name)]);
    }
  });

  test("what is no page is refused", async () => {
    await using subject = await open();
    for (const limit of [0, -1, 1.5, 10_001, Number.NaN]) {
      await assert.rejects(subject.first.presence.list({ limit }), { code: "INVALID_ARGUMENT" });
    }
  });
}
