import { TegataError, type Machine, type ProcessResult, type RunProcessOptions, type ShellName } from "@tegata/core";

/** A machine without a system behind it, whose files and programs a test can look at. */
export interface FakeMachine extends Machine {
  /** What files hold, by path. Tests put into it what they like. */
  readonly files: Map<string, string>;
  /** Every program that was run, and what was written to its stdin. */
  readonly runs: readonly { readonly command: readonly string[]; readonly input: string | undefined }[];
}

/** What a fake machine is like; what is left out is not there. `linux` unless `platform` says otherwise. */
export interface FakeMachineOptions {
  readonly platform?: string;
  readonly variables?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  /** What the keyring holds, by `service/account`. Left out, no keyring answers. */
  readonly keyring?: Readonly<Record<string, string>>;
  readonly callingShell?: ShellName;
  /** Stands in for every program; left out, none can be started. */
  readonly run?: (command: readonly string[], options: RunProcessOptions) => ProcessResult | Promise<ProcessResult>;
}

/**
 * A machine whose variables, files and programs are given. Files are only what the test put there or the code wrote.
 *
 * @throws TegataError nothing here; `run` and `readFile` of it as `Machine` has it: `process_failed`, `file_unreadable`;
 *   `readKeyringSecret`, `storage_unreadable`
 */
export function fakeMachine(options: FakeMachineOptions = {}): FakeMachine {
  const files = new Map(Object.entries(options.files ?? {}));
  const variables = new Map(Object.entries(options.variables ?? {}));
  const runs: { command: readonly string[]; input: string | undefined }[] = [];
  const readFile: FakeMachine["readFile"] = async (path, maxBytes) => {
    const text = files.get(path);
    if (text !== undefined && new TextEncoder().encode(text).length > maxBytes) {
      throw new TegataError("file_unreadable", `${path} is longer than ${maxBytes} bytes`);
    }
    return text;
  };
  return {
    files,
    runs,
    platform: options.platform ?? "linux",
    variable: (name) => variables.get(name) || undefined,
    variableNames: () => [...variables.keys()].filter((name) => variables.get(name)),
    callingShell: () => Promise.resolve(options.callingShell),
    readFile,
    readGuardedFile: readFile,
    readSecretFile: readFile,
    readKeyringSecret: async (service, account) => {
      if (options.keyring === undefined) {
        throw new TegataError("storage_unreadable", "the keyring cannot be used: there is none");
      }
      return new Map(Object.entries(options.keyring)).get(`${service}/${account}`);
    },
    appendFile: async (path, text) => {
      files.set(path, `${files.get(path) ?? ""}${text}`);
    },
    updateFile: async (path, maxBytes, change) => {
      const text = change(await readFile(path, maxBytes));
      if (text !== undefined) {
        files.set(path, text);
      }
    },
    run: async (command, runOptions) => {
      runs.push({ command, input: runOptions.input });
      if (options.run === undefined) {
        throw new TegataError("process_failed", `${command[0]} cannot be started`);
      }
      return options.run(command, runOptions);
    },
  };
}
