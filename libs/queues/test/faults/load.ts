/** What hurts a broker under load. */
import { eventually, startProxy, type TestRabbit } from "@fairlead/harness";
import { seconds, underLoad } from "../under-load.ts";

export const killing = (rabbit: TestRabbit, rounds: number) => async () => {
  for (let round = 0; round < rounds; round++) {
    await seconds(1);
    await rabbit.kill();
    await rabbit.start();
  }
  await seconds(1);
};

/** Cuts connections at random bytes, in both directions by turns. Returns the books. */
export async function cutting(rabbit: TestRabbit, rounds: number): Promise<string> {
  await using proxy = await startProxy({ port: rabbit.port });
  const hurt = async () => {
    for (let round = 0; round < rounds; round++) {
      const before = proxy.cuts;
      const direction = round % 2 === 0 ? "toServer" : "toClient";
      await proxy.setMode({ kind: "cutAfter", bytes: Math.floor(Math.random() * 20_000), direction });
      await eventually(() => proxy.cuts > before, "a cut");
      await proxy.setMode({ kind: "pass" });
      await seconds(0.2);
    }
  };
  // Nobody kills this broker.
  const summary = await underLoad(proxy.port, hurt, { settleMs: 0 });
  return `${proxy.cuts} cuts: ${summary}`;
}

/** Nothing passes for longer than a confirm may take. Returns the books. */
export async function freezing(rabbit: TestRabbit, frozenSeconds: number): Promise<string> {
  await using proxy = await startProxy({ port: rabbit.port });
  const hurt = async () => {
    await seconds(1);
    await proxy.setMode({ kind: "freeze" });
    await seconds(frozenSeconds);
    await proxy.setMode({ kind: "pass" });
    await seconds(1);
  };
  return await underLoad(proxy.port, hurt, { confirmTimeoutMs: 3_000, settleMs: 0 });
}
