import { errorCode } from "@fairlead/core";
import { checkKey, checkPage, checkTtl, encodeValue } from "../limits.ts";
import type { Presence, PresentConnection } from "../state.ts";
import type { RedisLink } from "./link.ts";
import {
  appear,
  beat,
  enter,
  exit,
  find,
  instancesKey,
  join,
  leave,
  list,
  vanish,
} from "./presence-scripts.ts";
import type { Script } from "./script.ts";

/** The connections of one script. A script of this size blocks Redis for about a millisecond. */
const joinBatch = 200;

/** The state of one instance in this process. A beat brings this state to Redis again when Redis has lost the instance. */
interface Mirror {
  readonly instance: string;
  ttlMs: number;
  readonly connections: Map<string, { info: string; rooms: Set<string> }>;
  /** False while Redis may lack a part of the mirror. The next beat brings that part. */
  isInSync: boolean;
  /** Changes reach Redis one after the other. */
  last: Promise<void>;
}

type Page = { after?: string; limit: number };

function toConnections(reply: unknown): PresentConnection[] {
  const fields: unknown[] = Array.isArray(reply) ? reply : [];
  const connections: PresentConnection[] = [];
  for (let i = 0; i < fields.length; i += 3) {
    const [info] = JSON.parse(String(fields[i + 2]));
    connections.push({ id: String(fields[i]), instance: String(fields[i + 1]), info: JSON.parse(info) });
  }
  return connections;
}

export class RedisPresence implements Presence {
  readonly #link: RedisLink;
  readonly #mirrors = new Map<string, Mirror>();

  constructor(link: RedisLink) {
    this.#link = link;
  }

  #run(what: string, script: Script, values: readonly (string | number)[]): Promise<unknown> {
    return this.#link.run(what, (redis) => script.run(redis, [instancesKey], values));
  }

  #ask(what: string, script: Script, values: readonly (string | number)[]): Promise<unknown> {
    return this.#link.run(what, (redis) => script.run(redis, [instancesKey], values), { isRead: true });
  }

  #mirror(instance: string, ttlMs: number): Mirror {
    let mirror = this.#mirrors.get(instance);
    if (mirror === undefined) {
      mirror = { instance, ttlMs, connections: new Map(), isInSync: false, last: Promise.resolve() };
      this.#mirrors.set(instance, mirror);
    }
    return mirror;
  }

  /**
   * Tells Redis of changes one after the other. There is no error when Redis is away: the mirror has the change, and a later beat
   * brings the change.
   */
  #tell(mirror: Mirror, change: () => Promise<void>): Promise<void> {
    mirror.last = mirror.last.then(async () => {
      try {
        await change();
      } catch (error) {
        mirror.isInSync = false;
        if (errorCode(error) !== "STATE_UNAVAILABLE") throw error;
      }
    });
    const told = mirror.last;
    mirror.last = told.catch(() => {});
    return told;
  }

  /** Sends a change of one mirrored instance. The change is skipped while the next beat will bring the whole mirror anyway. */
  #change(mirror: Mirror, what: string, script: Script, values: readonly (string | number)[]): Promise<void> {
    return this.#tell(mirror, async () => {
      if (mirror.isInSync) await this.#run(what, script, values);
    });
  }

  async beat(instance: string, ttlMs: number): Promise<void> {
    checkKey("instance", instance);
    checkTtl(ttlMs);
    const mirror = this.#mirror(instance, ttlMs);
    mirror.ttlMs = ttlMs;
    await this.#tell(mirror, async () => {
      const what = `beat for instance ${instance}`;
      if (mirror.isInSync && (await this.#run(what, beat, [instance, ttlMs])) === 1) return;
      await this.#bring(mirror, what);
    });
  }

  /** Brings the whole instance. The instance appears when all its connections are in Redis. */
  async #bring(mirror: Mirror, what: string): Promise<void> {
    const { instance, ttlMs } = mirror;
    await this.#run(what, vanish, [instance]);
    const all = [...mirror.connections].map(([id, { info, rooms }]) => [
      id,
      info,
      JSON.stringify([...rooms]),
    ]);
    for (let i = 0; i < all.length; i += joinBatch) {
      await this.#run(what, join, [instance, ttlMs, ...all.slice(i, i + joinBatch).flat()]);
    }
    await this.#run(what, appear, [instance, ttlMs]);
    mirror.isInSync = true;
  }

  async join(instance: string, connections: readonly PresentConnection[]): Promise<void> {
    checkKey("instance", instance);
    const rows = connections.map(({ id, info }) => {
      checkKey("connection id", id);
      return [id, encodeValue(info), "[]"] as const;
    });
    const mirror = this.#mirror(instance, 60_000);
    for (const [id, info] of rows) {
      mirror.connections.set(id, { info, rooms: mirror.connections.get(id)?.rooms ?? new Set() });
    }
    const what = `join connections of instance ${instance}`;
    const told: Promise<void>[] = [];
    for (let i = 0; i < rows.length; i += joinBatch) {
      const batch = rows.slice(i, i + joinBatch).flat();
      told.push(this.#change(mirror, what, join, [instance, mirror.ttlMs, ...batch]));
    }
    await Promise.all(told);
  }

  async leave(instance: string, ids: readonly string[]): Promise<void> {
    checkKey("instance", instance);
    const what = `leave connections of instance ${instance}`;
    const mirror = this.#mirrors.get(instance);
    for (const id of ids) mirror?.connections.delete(id);
    if (mirror) await this.#change(mirror, what, leave, [instance, ...ids]);
    else await this.#run(what, leave, [instance, ...ids]);
  }

  async find(id: string): Promise<PresentConnection | undefined> {
    checkKey("connection id", id);
    const reply = await this.#ask(`find connection ${id}`, find, [id]);
    return Array.isArray(reply) ? toConnections([id, ...reply])[0] : undefined;
  }

  async list(options: Page): Promise<readonly PresentConnection[]> {
    return this.#list("list connections", "c\0", options);
  }

  async members(room: string, options: Page): Promise<readonly PresentConnection[]> {
    checkKey("room", room);
    return this.#list(`list members of room ${room}`, `r\0${room}\0`, options);
  }

  async #list(
    what: string,
    prefix: string,
    { after = "", limit }: Page,
  ): Promise<readonly PresentConnection[]> {
    checkPage(limit);
    return toConnections(await this.#ask(what, list, [prefix, after, limit]));
  }

  async enter(room: string, id: string): Promise<void> {
    await this.#changeRoom("enter", room, id, enter, (rooms) => void rooms.add(room));
  }

  async exit(room: string, id: string): Promise<void> {
    await this.#changeRoom("exit", room, id, exit, (rooms) => void rooms.delete(room));
  }

  async #changeRoom(
    verb: string,
    room: string,
    id: string,
    script: Script,
    change: (rooms: Set<string>) => void,
  ): Promise<void> {
    checkKey("room", room);
    checkKey("connection id", id);
    const what = `${verb} room ${room}`;
    for (const mirror of this.#mirrors.values()) {
      const connection = mirror.connections.get(id);
      if (connection === undefined) continue;
      change(connection.rooms);
      return this.#change(mirror, what, script, [room, id]);
    }
    // The connection belongs to another instance.
    await this.#run(what, script, [room, id]);
  }
}
