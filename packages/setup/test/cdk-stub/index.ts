/** As much of `aws-cdk-lib` as an output uses, with the names and types that it has there: the library itself is 161 MB. */
export interface StackProps {
  readonly env?: { readonly account?: string | undefined; readonly region?: string | undefined };
}

export class App {
  readonly node = "app";
}

export class Stack {
  readonly partition = "aws";
  readonly account: string;

  constructor(scope: App, id: string, props?: StackProps) {
    this.account = props?.env?.account ?? "ACCOUNT";
    record({ type: "Stack", scope: scope.node, id, props });
  }
}

export class CfnParameter {
  readonly valueAsString = "CLIENT";
  readonly valueAsList = ["POLICY"];

  constructor(_scope: Stack, id: string, props: { readonly type?: string; readonly description?: string }) {
    record({ type: "Parameter", id, props });
  }
}

export class CfnOutput {
  readonly logicalId = "Output";

  constructor(_scope: Stack, id: string, props: { readonly value: string }) {
    record({ type: "Output", id, props });
  }
}

/** Each on a line of its own, for the test to read. */
export function record(made: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify(made)}\n`);
}
