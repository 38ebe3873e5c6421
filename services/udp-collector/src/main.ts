import { runProcess } from "@fairlead/engine";
import { udpCollector } from "./service.ts";

await runProcess({ name: udpCollector.name, services: [udpCollector], env: process.env });
