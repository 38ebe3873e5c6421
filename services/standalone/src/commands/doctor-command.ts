import { addConnectionOptions, type Terminal } from "@fairlead/client/cli";
import { Command } from "commander";
import type { DoctorCommandOptions } from "../doctor/doctor.ts";

export function doctorCommand(terminal: Terminal): Command {
  const command = new Command("doctor")
    .description(
      "Look for what keeps Fairlead from working and say what to do; ends with code 1 when there is a fault, with 0 when there are warnings alone",
    )
    .option(
      "--config <file>",
      "configuration (default: FAIRLEAD_CONFIG, else ./fairlead.yaml where it exists)",
    )
    .option("--json", "print the findings as JSON");
  return addConnectionOptions(command).action(async (options: DoctorCommandOptions) => {
    const { doctor } = await import("../doctor/doctor.ts");
    await doctor(options, terminal);
  });
}
