import { formatBytes } from "@fairlead/core";
import type { PlannedSocket } from "@fairlead/engine";
import { bindUdp } from "@fairlead/socket";
import { type Finding, ok, warning } from "./finding.ts";

/** Checks what the kernel grants of the largest receive buffer that a UDP listener asks for. The kernel's limit is the same for all. */
export async function checkReceiveBuffer(sockets: readonly PlannedSocket[]): Promise<Finding[]> {
  const asking = sockets.flatMap(({ port, receiveBufferBytes }) =>
    receiveBufferBytes === undefined ? [] : [{ port, receiveBufferBytes }],
  );
  if (asking.length === 0) return [];
  const receiveBufferBytes = Math.max(...asking.map((one) => one.receiveBufferBytes));
  const subject = "UDP receive buffer";
  await using socket = await bindUdp({
    host: "127.0.0.1",
    port: 0,
    maxPendingDatagrams: 1,
    maxPendingBytes: 65_507,
    receiveBufferBytes,
  });
  const { grantedBytes, isShort } = socket.receiveBuffer;
  if (!isShort) return [ok(subject, `${formatBytes(receiveBufferBytes)} are granted`)];
  const places = asking
    .filter((one) => one.receiveBufferBytes > grantedBytes)
    .map(({ port }) => `${port}/udp`)
    .join(", ");
  const setting = `net.core.rmem_max=${receiveBufferBytes}`;
  return [
    warning(
      subject,
      `the kernel grants ${formatBytes(grantedBytes)} of the ${formatBytes(receiveBufferBytes)} asked (${places}): in a burst, datagrams are dropped earlier, and counted`,
      `sudo sysctl -w ${setting}, and to keep it over a reboot: echo ${setting} | sudo tee /etc/sysctl.d/60-fairlead.conf`,
    ),
  ];
}
