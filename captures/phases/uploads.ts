// All connections of a capture as told, with the uploads that went over them and what each connection was opened for.
import type { Analysis } from '../analysis.ts'
import type { AddressTable } from '../packet/addresses.ts'
import { purposesOf } from '../tus/purpose.ts'
import { collectUploads } from '../tus/upload.ts'
import { describeConnection, type Followed, type ToldConnection } from './connection.ts'
import { rolesOf } from './roles.ts'

export interface ToldCapture extends Pick<Analysis, 'connections' | 'uploads'> {
  readonly told: readonly ToldConnection[]
}

/** `followed` is in the order of the connections' numbers. */
export function describeUploads(
  followed: readonly Followed[],
  addresses: AddressTable,
): ToldCapture {
  const { uploads, byExchange } = collectUploads(
    followed.map(({ connection, http }) => {
      const { server } = rolesOf(connection, http.requestDirection)
      const address = addresses.text(connection.addresses[server])
      return {
        number: connection.number,
        server: `${address} ${connection.ports[server]}`,
        exchanges: http.exchanges,
        missed: http.missed,
      }
    }),
  )
  const told = followed.map((one) => describeConnection(one, byExchange, addresses))
  const purposes = purposesOf(told.map(({ analysis }) => analysis))
  const connections = told.map(({ analysis }, index) => ({
    ...analysis,
    purpose: purposes[index] ?? analysis.purpose,
  }))
  return { told, connections, uploads }
}
