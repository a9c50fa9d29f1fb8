// Bytes that arrive in pieces, as lines. Pure.

/** Splits what arrives into whole lines; what is begun waits for its end. */
export class Lines {
  #rest = "";
  #decoder = new TextDecoder();

  /** The lines that this piece completes. */
  push(bytes) {
    const parts = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split("\n");
    this.#rest = parts.pop();
    return parts;
  }

  /** What is left without an end. */
  finish() {
    const rest = this.#rest + this.#decoder.decode();
    this.#rest = "";
    return rest === "" ? [] : [rest];
  }
}
