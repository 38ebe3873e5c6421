import { runProcess } from "@fairlead/engine";
import { tcpGateway } from "./service.ts";

await runProcess({ name: tcpGateway.name, services: [tcpGateway], env: process.env });
