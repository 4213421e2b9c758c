/**
 * Works on the items as they come, so many at once. After the first failure it begins nothing more, tells `onFailed`, and throws it
 * once nothing is under way.
 */
export async function atOnce<T>(
  items: AsyncIterable<T> | Iterable<T>,
  most: number,
  work: (item: T) => Promise<void>,
  onFailed: (error: unknown) => void,
): Promise<void> {
  const underWay = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  const fail = (error: unknown): void => {
    if (failure !== undefined) return;
    failure = { error };
    onFailed(error);
  };
  const hasFailed = (): boolean => failure !== undefined;
  try {
    for await (const item of items) {
      if (hasFailed()) break;
      const one = work(item)
        .catch(fail)
        .finally(() => underWay.delete(one));
      underWay.add(one);
      if (underWay.size >= most) await Promise.race(underWay);
    }
  } catch (error) {
    fail(error);
  }
  await Promise.all(underWay);
  if (failure !== undefined) throw (failure as { error: unknown }).error;
}
