/**
 * A program that says on stdout which signals reach it, one a line (`going on` for SIGCONT), and does what it is told on stdin: `stop` stops
 * itself, `resize` changes the size of its terminal, `end 3` ends with that status, and so does the end of stdin, with 0.
 */
import { spawnSync } from "node:child_process";
import { writeSync } from "node:fs";
import { createInterface } from "node:readline";

const say = (line: string) => writeSync(1, `${line}\n`);

for (const name of ["SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGUSR1", "SIGUSR2", "SIGWINCH"] as const) {
  process.on(name, () => say(name));
}
process.on("SIGCONT", () => say("going on"));
const end = (status: number) => {
  say("bye");
  process.exit(status);
};
const lines = createInterface({ input: process.stdin }).on("close", () => end(0));
lines.on("line", (line) => {
  const [word, status] = line.split(" ");
  if (word === "stop") {
    process.kill(process.pid, "SIGSTOP");
  } else if (word === "resize") {
    spawnSync("stty", ["rows", "41"], { stdio: ["inherit", "ignore", "ignore"] });
  } else if (word === "end") {
    end(Number(status));
  } else {
    say(`heard ${line}`);
  }
});
say(`ready ${process.pid}`);
