import type { Adapter, AdapterFactory, AdapterPayload } from "oidc-provider";

/**
 * Everything that one identity provider remembers, for oidc-provider. Nothing is ever dropped by age: so an expired device
 * code is told from an unknown one, and the state outlives the provider object when keys are rotated.
 *
 * @param keepsOldRefreshTokens a refresh token that has been used stays good
 */
export function memoryAdapter({ keepsOldRefreshTokens }: { keepsOldRefreshTokens: boolean }): AdapterFactory {
  const rows = new Map<string, AdapterPayload>();

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
    find: async (id) => rows.get(`${model}:${id}`),
    findByUserCode: async (userCode) => findBy(model, "userCode", userCode),
    findByUid: async (uid) => findBy(model, "uid", uid),
    consume: async (id) => {
      const row = rows.get(`${model}:${id}`);
      if (row !== undefined && !(keepsOldRefreshTokens && model === "RefreshToken")) {
        row.consumed = Math.floor(Date.now() / 1000);
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
