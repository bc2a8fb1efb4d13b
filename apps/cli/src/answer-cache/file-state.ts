/** What the system says of a file. */
export interface FileState {
  readonly uid: number;
  readonly gid: number;
  /** With the bits of its kind. */
  readonly mode: number;
  readonly bytes: number;
  /** Milliseconds since the epoch, rounded down. */
  readonly writtenAt: number;
}
