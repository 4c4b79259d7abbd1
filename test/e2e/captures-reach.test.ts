// All that the captures page holds can be reached: the last frame, by keyboard, in a narrow window, in colours that are forced upon it.
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { asPcap, choose, drop, opened, placeOf, uploadSegments } from './captures-scene.ts'
import { capturesTests } from './captures-test.ts'

const pageTest = capturesTests()

const kept = asPcap(uploadSegments({ patches: 6, chunk: 20_000, keeps: true }))
const closed = asPcap(uploadSegments({ patches: 6, chunk: 20_000, keeps: false }))

/** Whether the chosen row lies in the list's sight. */
const isChosenInSight = (page: Page) =>
  page.evaluate(() => {
    const row = document.querySelector('.list-rows [aria-selected=true]')?.getBoundingClientRect()
    const sight = document.querySelector('.list-sight')?.getBoundingClientRect()
    return row !== undefined && sight !== undefined && row.bottom <= sight.bottom + 0.5
  })

pageTest(
  'the last frame is seen, by keys and by scrolling',
  async ({ page }) => {
    const list = page.locator('.list-scroller')
    await page.locator('.list-rows .list-row', { hasText: 'SYN' }).first().waitFor()
    for (const [name, told] of [
      ['all', /^4\s919\s/],
      ['heads', /^68 of /],
    ] as const) {
      await page.getByLabel('Which frames').selectOption(name)
      await page.locator('#frames [role=status]', { hasText: told }).waitFor()
      await list.focus()
      await page.keyboard.press('Home')
      await page.keyboard.press('End')
      await page.locator('.frame-detail strong', { hasText: 'Frame 4919' }).waitFor()
      await page.waitForFunction(() => document.querySelector('.list-rows [aria-selected=true]'))
      expect(await isChosenInSight(page), name).toBe(true)
      await page.keyboard.press('Home')
      await page.locator('.frame-detail strong', { hasText: /^Frame 1$/ }).waitFor()
      await list.evaluate((one) => {
        one.scrollTop = one.scrollHeight
      })
      await page.locator('.list-rows .list-row:last-child', { hasText: /^4919/ }).waitFor()
    }
    // One more row than are in sight is reached as well.
    await page.getByLabel('Which frames').selectOption('all')
    await page.getByLabel('Text in the frames').fill('answered: 204')
    await page.locator('#frames [role=status]', { hasText: '20 of ' }).waitFor()
    await list.focus()
    await page.keyboard.press('End')
    await page.locator('.frame-detail strong', { hasText: 'Frame 4916' }).waitFor()
    expect(await isChosenInSight(page)).toBe(true)
  },
  '#file=lossy-kept.pcapng',
)

pageTest('the field of the frame filter tells what is listed', async ({ page, write }) => {
  await choose(page, await write('kept.pcap', kept))
  const field = page.getByLabel('Text in the frames')
  await page.getByLabel('Which frames').selectOption('heads')
  await field.fill('204')
  await page.waitForFunction(() => location.hash.includes('find=204'))
  await page.goBack()
  await page.waitForFunction(() => !location.hash.includes('find='))
  await page.waitForFunction(() => !location.hash.includes('show='))
  await field.and(page.locator(':focus')).waitFor()
  expect(await field.inputValue()).toBe('')
  // The capture is closed before what was typed has been taken up.
  await page.evaluate(() => {
    const text = document.querySelector<HTMLInputElement>('#frames input[type=search]')
    if (text === null) throw new Error('no field')
    text.value = 'xyz'
    text.dispatchEvent(new Event('input'))
    document.querySelector<HTMLElement>('.chip .close')?.click()
  })
  await page.waitForTimeout(400)
  expect(await page.evaluate(() => location.hash)).toBe('')
  expect(await field.inputValue()).toBe('')
})

const focused = (page: Page) =>
  page.evaluate(() => {
    const { activeElement: element } = document
    return (
      element?.getAttribute('aria-label') ?? element?.getAttribute('title') ?? element?.textContent
    )
  })

pageTest('what was pressed in the bar of captures keeps the focus', async ({ page, write }) => {
  await choose(page, await write('kept.pcap', kept))
  await page.getByLabel('Compare with a recording').focus()
  await page.getByLabel('Compare with a recording').selectOption('refused.pcapng')
  await opened(page, 'kept.pcap', 'refused.pcapng')
  expect(await focused(page)).toBe('Open a recording')
  for (const [name, side] of [
    ['refused.pcapng', 'b'],
    ['kept.pcap', null],
  ] as const) {
    await page.getByTitle(`Show the details of ${name}`).and(page.locator('button')).focus()
    await page.keyboard.press('Enter')
    await page.waitForFunction(
      (wanted) => new URLSearchParams(location.hash.slice(1)).get('side') === wanted,
      side,
    )
    await page.locator('.chip[data-current]', { hasText: name }).waitFor()
    expect(await focused(page)).toBe(`Show the details of ${name}`)
  }
  await page.getByRole('button', { name: 'Close refused.pcapng' }).focus()
  await page.keyboard.press('Enter')
  await opened(page, 'kept.pcap')
  expect(await focused(page)).toBe('Compare with…')
  await page.goBack()
  await opened(page, 'kept.pcap', 'refused.pcapng')
  await page.getByRole('button', { name: 'Close kept.pcap' }).focus()
  await page.keyboard.press('Enter')
  await opened(page, 'refused.pcapng')
  expect(await focused(page)).toBe('Compare with…')
  await page.getByRole('button', { name: 'Close refused.pcapng' }).focus()
  await page.keyboard.press('Enter')
  await opened(page)
  expect(await focused(page)).toBe('Choose a capture')
  await page.locator('.recordings button', { hasText: /^refused$/ }).focus()
  await page.keyboard.press('Enter')
  await opened(page, 'refused.pcapng')
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('main')
})

pageTest('no name is too long for the window', async ({ page, write }) => {
  const long = `${'very-long-capture-name-'.repeat(8)}.pcap`
  await choose(page, await write(long, kept), await write(`b-${long}`, closed))
  for (const width of [320, 1280]) {
    await page.setViewportSize({ width, height: 900 })
    await page.waitForTimeout(150)
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
  }
})

pageTest(
  'no comparison is too wide for a small window',
  async ({ page }) => {
    await opened(page, 'keep-alive.pcapng', 'connection-close.pcapng')
    await page.setViewportSize({ width: 320, height: 640 })
    await page.waitForTimeout(150)
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320)
  },
  '#file=keep-alive.pcapng&with=connection-close.pcapng',
)

pageTest(
  'PATCH by PATCH there is no time to zoom, and the page says so',
  async ({ page }) => {
    await opened(page, 'keep-alive.pcapng', 'connection-close.pcapng')
    const zoom = page.getByRole('group', { name: 'Time shown' })
    const buttons = zoom.getByRole('button')
    const areDisabled = () =>
      buttons.evaluateAll((all) => all.map((one) => one.matches(':disabled')))
    await page.locator('.span-words', { hasText: 'no time to zoom' }).waitFor()
    expect(await areDisabled()).toEqual([true, true, true, true, true])
    // A stretch of the offsets can be chosen all the same, and be left again.
    await page.evaluate(() => {
      location.hash += '&time=0.5-1'
    })
    await page
      .locator('.span-words', { hasText: 'offsets below: 0.500000 to 1.000000 s' })
      .waitFor()
    expect(await areDisabled()).toEqual([true, true, true, true, false])
    await page.getByRole('button', { name: 'Show the whole time' }).click()
    await page.waitForFunction(() => !location.hash.includes('time='))
    await page.getByLabel('Axis of both captures').selectOption('syn')
    await page.waitForFunction(() => !document.querySelector('.zoom button:disabled'))
  },
  '#file=keep-alive.pcapng&with=connection-close.pcapng&axis=patch',
)

pageTest('of a time that the capture doesn’t have, what there is is shown', async ({ page }) => {
  const blocks = page.locator('#connections svg [data-frame]')
  for (const [time, words] of [
    ['100-200', ''],
    ['8-200', /^8\.000000 to 8\.9/],
    ['100-101', /^7\.9\d* to 8\.9/],
  ] as const) {
    await page.evaluate((part) => {
      location.hash = `#file=lossy-kept.pcapng&time=${part}`
    }, time)
    await opened(page, 'lossy-kept.pcapng')
    await page.locator('#offsets .u-over').first().waitFor()
    await page.waitForTimeout(150)
    expect(await page.locator('.span-words').textContent(), time).toMatch(words)
    expect(await blocks.count(), time).toBeGreaterThan(0)
    expect(await placeOf(page, 'time')).toBe(time)
  }
})

pageTest('forced colours leave told what colours tell', async ({ page }) => {
  await page.emulateMedia({ forcedColors: 'active' })
  await drop(page, ['kept.pcap', kept], ['closed.pcap', closed])
  await opened(page, 'kept.pcap', 'closed.pcap')
  await page.locator('.list-rows .list-row', { hasText: 'SYN' }).first().click()
  await page.locator('.list-rows [aria-selected=true]').waitFor()
  const colours = await page.evaluate(() => {
    const of = (selector: string, pseudo?: string) => {
      const element = document.querySelector(selector)
      if (element === null) throw new Error(selector)
      const { backgroundColor, backgroundImage, color, outlineStyle, stroke } = getComputedStyle(
        element,
        pseudo,
      )
      return { backgroundColor, backgroundImage, color, outlineStyle, stroke }
    }
    return {
      ground: of('#frames'),
      sent: of('.key-patch', '::before'),
      waits: of('.key-wait', '::before'),
      answer: of('.key-answer', '::before'),
      handshake: of('.key-handshake', '::before'),
      row: of('.list-rows [aria-selected=false]'),
      chosen: of('.list-rows [aria-selected=true]'),
      chip: of('.chip[data-current]'),
      bar: of('.picture rect.chosen'),
    }
  })
  const { ground, sent, waits, answer, handshake, row, chosen, chip, bar } = colours
  const swatches = [ground, sent, waits, answer].map(({ backgroundColor }) => backgroundColor)
  expect(new Set(swatches).size).toBe(4)
  expect(handshake.backgroundImage).toContain('linear-gradient')
  expect(chosen.backgroundColor).not.toBe(row.backgroundColor)
  expect(chosen.color).not.toBe(row.color)
  expect(chip.outlineStyle).toBe('solid')
  expect(bar.stroke).not.toBe('none')
})
