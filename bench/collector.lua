-- wrk's part of bench/collector.py: hits as browsers send them, of 5,000 pages, with bodies of about 350 bytes.

local agents = {
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/%d.0.0.0 Safari/537.36",
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.%d Mobile/15E148 Safari/604.1",
  "Mozilla/5.0 (X11; Linux x86_64; rv:%d.0) Gecko/20100101 Firefox/140.0",
}
local requests, at = {}, 0

function init()
  math.randomseed(os.time())
  for i = 1, 5000 do
    local body = string.format(
      '{"kind":"view","id":"%08x%08x","url":"https://shop.example/section-%d/product-%d?utm_source=newsletter&utm_medium=email",'
        .. '"view":"%08x%08x","referrer":"https://www.google.com/","title":"Blue shoes for people who walk a lot, number %d",'
        .. '"screen":"1920x1080","screen_depth":24,"language":"en-GB","time_zone":"Europe/Berlin"}',
      math.random(0, 0x7fffffff), i, i % 40, i, math.random(0, 0x7fffffff), i, i)
    requests[i] = wrk.format("POST", "/hit", {
      ["Accept"] = "*/*",
      ["Accept-Encoding"] = "gzip, deflate, br, zstd",
      ["Accept-Language"] = "en-GB,en;q=0.9,de;q=0.8",
      ["Content-Type"] = "text/plain;charset=UTF-8",
      ["Origin"] = "https://shop.example",
      ["Referer"] = "https://shop.example/",
      ["Sec-Fetch-Mode"] = "cors",
      ["User-Agent"] = string.format(agents[i % 3 + 1], 90 + i % 55),
      ["X-Forwarded-For"] = string.format("198.51.%d.%d", i % 256, math.floor(i / 20)),
    }, body)
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency)
  print(string.format("BENCH %d %d %d %d", summary.requests, summary.duration, latency:percentile(99),
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
