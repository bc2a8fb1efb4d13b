import type { Adapter, AdapterFactory, AdapterPayload } from "oidc-provider";

/**
 * Everything that one identity provider remembers, for oidc-provider. Nothing is ever dropped by age: so an expired device
 * code is told from an unknown one, and the state outlives the provider object when keys are rotated.
 *
 * @param leewaySeconds how long a refresh token stays good after its first use
 * @param now milliseconds since the epoch
 */
export function memoryAdapter({ leewaySeconds, now }: { leewaySeconds: number; now: () => number }): AdapterFactory {
  const rows = new Map<string, AdapterPayload>();
  const nowSeconds = () => Math.floor(now() / 1000);

  const findBy = (model: string, member: "uid" | "userCode", value: string): AdapterPayload | undefined => {
    for (const [key, row] of rows) {
      if (key.startsWith(`${model}:`) && row[member] === value) {
        return row;
      }
    }
    return undefined;
  };

  return (model): Adapter => ({
    upsert: async (id, payload) => {
      rows.set(`${model}:${id}`, payload);
    },
    find: async (id) => {
      const row = rows.get(`${model}:${id}`);
      const isInLeeway =
        model === "RefreshToken" && typeof row?.consumed === "number" && nowSeconds() - row.consumed < leewaySeconds;
      return isInLeeway ? { ...row, consumed: undefined } : row;
    },
    findByUserCode: async (userCode) => findBy(model, "userCode", userCode),
    findByUid: async (uid) => findBy(model, "uid", uid),
    consume: async (id) => {
      const row = rows.get(`${model}:${id}`);
      if (row !== undefined) {
        // The leeway counts from the first use.
        row.consumed ??= nowSeconds();
      }
    },
    destroy: async (id) => {
      rows.delete(`${model}:${id}`);
    },
    revokeByGrantId: async (grantId) => {
      for (const [key, row] of rows) {
        if (key.startsWith(`${model}:`) && row.grantId === grantId) {
          rows.delete(key);
        }
      }
    },
  });
}
