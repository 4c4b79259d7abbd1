// The storm, on demand: `npx tsx test/e2e/page-storm.mts [kills] [MiB]`. One upload from Chromium through that many SIGKILLs of
// the server at random moments, with page reloads and network cuts among them; prints what it cost.
import { cleanUp } from '../helpers/server.ts'
import { chooseFiles, launchBrowser, openPage, ownErrors } from './browser.ts'
import { MiB, openScene, sleep } from './scene.ts'

const kills = Number(process.argv[2] ?? 20)
const size = Number(process.argv[3] ?? 400) * MiB
const scene = await openScene({ size, rate: 12 * MiB })
const browser = await launchBrowser()
const profile = await browser.newContext()
const { page, complaints } = await openPage(profile, scene.link.url)
page.on('dialog', (dialog) => void dialog.accept())
await chooseFiles(page, [scene.file])
const counts = { kills: 0, reloads: 0, offline: 0, cuts: 0 }
const isFinished = async () => (await page.locator('.finished').count()) > 0

for (let round = 0; round < kills && !(await isFinished()); round++) {
  await sleep(500 + Math.random() * 1500)
  await scene.killAndRestart(Math.random() * 1500)
  counts.kills += 1
  if (round % 4 === 1) {
    await page.reload()
    counts.reloads += 1
    await page.locator('.unfinished').waitFor({ timeout: 20_000 })
    await chooseFiles(page, [scene.file])
  }
  if (round % 4 === 2) {
    await profile.setOffline(true)
    await sleep(700)
    await profile.setOffline(false)
    counts.offline += 1
  }
  if (round % 4 === 3) {
    await sleep(600)
    scene.link.cut()
    counts.cuts += 1
  }
}
await page.locator('.finished').waitFor({ timeout: 180_000 })
await scene.expectWhole()
const interruptions = counts.kills + counts.reloads + counts.offline + counts.cuts
const again = scene.link.received() - size
console.log(counts, `${(await scene.uploads()).length} upload URL, SHA-256 equal`)
console.log(
  `${(again / MiB).toFixed(1)} MiB more than the file crossed the link:`,
  `${(again / MiB / interruptions).toFixed(2)} MiB an interruption (a chunk has 8)`,
)
console.log('errors of the page:', ownErrors(complaints))
await browser.close()
await scene.close()
await cleanUp()
