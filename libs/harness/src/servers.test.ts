import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { rabbitMissing, startRabbit } from "./rabbit.ts";
import { RawClient } from "./raw-client.ts";
import { redisMissing, startRedis } from "./redis.ts";
import { skipOrFail } from "./skip.ts";

describe("startRedis()", { skip: skipOrFail(redisMissing()) }, () => {
  test("keeps port and data over kill -9 and restart, and stands still when paused", async () => {
    await using redis = await startRedis();
    assert.equal(await redis.command("SET a 1"), "+OK");
    const { port } = redis;
    await redis.restart();
    assert.equal(redis.port, port);
    assert.equal(await redis.command("GET a"), "$1");
    redis.pause();
    await using client = await RawClient.dial(port);
    await client.send("PING\r\n");
    await assert.rejects(client.readLine(100), /100 ms without/);
    redis.resume();
    assert.equal(await client.readLine(), "+PONG\r");
    await redis.stop();
    assert.equal(redis.isRunning, false);
    await redis.start();
    assert.equal(await redis.command("GET a"), "$1");
  });
});

describe("startRabbit()", { skip: skipOrFail(rabbitMissing()) }, () => {
  test("runs two nodes beside each other, keeps port and data over kill -9, answers rabbitmqctl", async () => {
    const [first, second] = await Promise.all([startRabbit(), startRabbit()]);
    await using _first = first;
    await using _second = second;
    await first.rabbitmqctl("add_vhost", "kept");
    const { port } = first;
    await first.restart();
    assert.equal(first.port, port);
    assert.match(await first.rabbitmqctl("list_vhosts"), /kept/);
    assert.doesNotMatch(await second.rabbitmqctl("list_vhosts"), /kept/);
    await using client = await RawClient.dial(port);
    await client.send(Buffer.from("AMQP\0\0\x09\x01", "latin1"));
    assert.equal((await client.readExactly(1))[0], 1); // a method frame: connection.start
  });
});
