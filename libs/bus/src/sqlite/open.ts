import { LogFile } from "./log-file.ts";
import type { LogSettings } from "./protocol.ts";

export function openLogFile(settings: LogSettings): LogFile {
  return new LogFile(settings);
}
export function repairLogFile(log: LogFile, settings: LogSettings): LogFile {
  log.close();
  return new LogFile(settings);
}
