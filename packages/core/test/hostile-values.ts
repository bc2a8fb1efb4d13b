/** Built to leave their quotes in one shell or another, and to leave a file behind when they do. */
const pieces = [
  ..."'\"`$\\!%^&|<>;(){}[]*?~#=@,+-_./: abcxyz019".split(""),
  ..."\n \r \t \v \f \u0001 \u0007 \b \u001b \u001f \u007f \u0085 \u0301 \u202e \u2028 \ufeff".split(" "),
  ..."é ß 山 田 \u2018 \u2019 \u201a \u201b \u201c \u201d \u{1f600} \u{1f469}\u200d\u{1f4bb}".split(" "),
  ..."'' \"\" \\' \\\" \\\\ \\n \\\n $$ !! !$ !x %% \n\n '\n' {a,b} $HOME ${HOME} %PATH% ~root -n -- %s%n =ls".split(
    " ",
  ),
  ..."$'\\x41' \\x41 \\u0041 #{x} >canary '+__import__('os').getcwd()+'".split(" "),
  "  ",
  "$(touch canary)",
  "`touch canary`",
  "(touch canary)",
  "';touch canary;'",
  "';\ntouch canary\n'",
  "\\';touch canary;\\'",
  '";touch canary;"',
  "&touch canary&",
  "|touch canary|",
  "<(touch canary)",
  "@(touch canary)",
  "$[touch canary]",
];

const always = [
  "",
  " ",
  "plain",
  "\\",
  "'",
  "!",
  "\n",
  "trailing\\",
  "trailing\n",
  " around ",
  "-n",
  "null",
  "0x1f",
  "01",
];

/** The same values for the same seed: some that are always among them, the others drawn from pieces. */
export function hostileValues(count: number, seed: number): readonly string[] {
  const draw = generator(seed);
  const value = () => Array.from({ length: 1 + draw(12) }, () => pieces[draw(pieces.length)]).join("");
  return [...always, ...Array.from({ length: count - always.length }, value)];
}

/** mulberry32: whole numbers from 0 to below the given one. */
function generator(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
