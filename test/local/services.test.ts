// What Prometheus is told to read.
import { expect, it } from 'vitest'
import { addresses } from '../../local/addresses.ts'
import { prometheusSettings, type Scrapes } from '../../local/parts/services.ts'

const gateway = (scrapes?: Scrapes) =>
  prometheusSettings(scrapes).scrape_configs.find(({ job_name }) => job_name === 'gateway')
const instance = new URL(addresses.gateway).host

it('reads the gateway every second', () => {
  expect(gateway()).toMatchObject({ scrape_interval: '1s', static_configs: [{ targets: [instance] }] })
})

it("keeps the gateway's counters the gateway's, whoever passes them on", () => {
  expect(gateway({ every: '5s', from: 'http://127.0.0.1:12345' })).toMatchObject({
    scrape_interval: '5s',
    static_configs: [{ targets: ['127.0.0.1:12345'], labels: { instance } }],
  })
})
