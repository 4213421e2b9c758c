/** An answer of S3 that is an error: status and code, as its reference lists them. */
export class S3Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
  ) {
    super(code);
  }
}
