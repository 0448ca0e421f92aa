import SyncEngine
import SyncModel
import SyncTestKit
import Testing

@Suite("When to go to the remote")
struct ExchangeScheduleTests {
    private typealias Instant = ContinuousClock.Instant
    private let start = ContinuousClock.now

    private func network(poll: Duration = .seconds(30), pushes: Int = 6) -> ExchangeSchedule {
        ExchangeSchedule(isNetwork: true, poll: poll, pushes: pushes, now: start)
    }

    /// The pauses after so many exchanges in a row that ended the same way.
    private func pauses(
        _ outcome: ExchangeSchedule.Outcome, _ count: Int, _ schedule: ExchangeSchedule,
        seed: UInt64
    ) -> [Duration] {
        var (schedule, random, now) = (schedule, SeededRandom(seed: seed), start)
        return (0..<count).map { _ in
            schedule.ended(outcome, hasNews: false, at: now, using: &random)
            let next = schedule.due(.fetch, at: now)
            defer { now = next }
            return next - now
        }
    }

    @Test("some words of a change are heeded at once, many in a row one each second")
    func told() {
        var (schedule, now) = (network(), start)
        var heeded = 0
        while true {
            now = schedule.due(.told, at: now)
            if now > start + .seconds(60) { break }
            schedule.heeded(at: now)
            heeded += 1
            if heeded == Limits.heededWords + 1 {
                #expect(now == start + Limits.exchangeCooldown)
            }
            if heeded == Limits.heededWords { #expect(now == start) }
        }
        #expect((60...60 + 2 * Limits.heededWords).contains(heeded))
    }

    @Test("a word of a change is heeded although the budget of pushes is spent")
    func toldBesidePushes() {
        var schedule = network(pushes: 1)
        schedule.pushed(at: start)
        #expect(schedule.due(.push, at: start) > start)
        #expect(schedule.due(.told, at: start) == start)
    }

    @Test("polls are as rare as they may be while somebody tells of changes")
    func rarePolls() {
        func next(after span: Duration) -> Duration {
            var (schedule, random) = (network(), SeededRandom(seed: 1))
            schedule.told(at: start)
            schedule.ended(.done, hasNews: true, at: start + span, using: &random)
            return schedule.due(.fetch, at: start + span) - (start + span)
        }
        #expect(next(after: .seconds(1)) >= .seconds(30) * Limits.pollSlowdown * 4 / 5)
        #expect(next(after: Limits.deliveryTrust) <= .seconds(30))
    }

    @Test("five quick tries with full jitter, then slow ones for ever")
    func tries() {
        let longest: [Duration] = [1, 2, 4, 8, 16].map { .seconds($0) }
        var shortest = longest
        var most = [Duration](repeating: .zero, count: 5)
        for seed in 1...400 {
            let all = pauses(.failed(), 300, network(), seed: UInt64(seed))
            for index in 0..<5 {
                #expect(all[index] <= longest[index])
                shortest[index] = min(shortest[index], all[index])
                most[index] = max(most[index], all[index])
            }
            for pause in all.dropFirst(5) {
                #expect(pause >= .seconds(15) && pause <= .seconds(30))
            }
        }
        // Full jitter: from nothing at all to all of it.
        for index in 0..<5 {
            #expect(shortest[index] < longest[index] / 20)
            #expect(most[index] > longest[index] * 19 / 20)
        }
    }

    @Test(
        "no pause is longer than the poll, nor than five minutes",
        arguments: [Duration.milliseconds(100), .seconds(1), .seconds(300), .seconds(86_400)])
    func cap(_ poll: Duration) {
        let most = min(poll, Limits.slowestTry)
        for seed in 1...50 {
            for pause in pauses(.failed(), 40, network(poll: poll), seed: UInt64(seed)) {
                #expect(pause <= most)
            }
        }
    }

    @Test("what only a person can mend is not tried quickly")
    func refused() {
        for pause in pauses(.refused, 20, network(), seed: 1) { #expect(pause >= .seconds(15)) }
    }

    @Test("a failure does not hold up a path remote, and a change does not hurry a failing network")
    func kinds() {
        var random = SeededRandom(seed: 1)
        var path = ExchangeSchedule(isNetwork: false, poll: .seconds(30), pushes: 6, now: start)
        path.ended(.refused, hasNews: false, at: start, using: &random)
        for _ in 0..<100 { path.pushed(at: start) }
        for need in [ExchangeSchedule.Need.fetch, .rest, .push, .asked] {
            #expect(path.due(need, at: start) == start)
        }
        #expect(path.pushTurn(at: start, isAsked: false) == start)
        #expect(path.alarm(at: start).map { $0 > start } == true)
        var far = network()
        far.ended(.refused, hasNews: false, at: start, using: &random)
        #expect(far.due(.push, at: start) >= start + .seconds(15))
        #expect(far.due(.rest, at: start) >= start + .seconds(15))
        #expect(far.due(.asked, at: start) == start)
    }

    @Test("the remote is left alone for as long as it says, by everybody")
    func retryAfter() {
        for seed in 1...50 {
            var random = SeededRandom(seed: UInt64(seed))
            var schedule = network()
            schedule.ended(
                .failed(retryAfter: .seconds(120)), hasNews: false, at: start, using: &random)
            schedule.networkChanged(at: start + .seconds(10))
            for need in [ExchangeSchedule.Need.fetch, .rest, .push, .asked] {
                let due = schedule.due(need, at: start + .seconds(20))
                #expect(due >= start + .seconds(120) && due <= start + .seconds(132))
            }
            #expect(schedule.leftAlone(at: start + .seconds(119)) != nil)
            #expect(schedule.leftAlone(at: start + .seconds(133)) == nil)
            schedule.ended(.done, hasNews: true, at: start + .seconds(133), using: &random)
            #expect(schedule.due(.push, at: start + .seconds(134)) == start + .seconds(134))
        }
    }

    @Test("polls come a little early, slow down while nothing happens and speed up when it does")
    func polls() {
        var (schedule, random, now) = (network(), SeededRandom(seed: 7), start)
        var pauses: [Duration] = []
        func exchange(news: Bool) {
            schedule.ended(.done, hasNews: news, at: now, using: &random)
            let next = schedule.due(.fetch, at: now)
            pauses.append(next - now)
            now = next
        }
        exchange(news: true)
        for _ in 0..<60 { exchange(news: false) }
        for (index, pause) in pauses.enumerated() {
            let whole: Duration = .seconds(index < 10 ? 30 : index < 20 ? 60 : 120)
            #expect(pause <= whole && pause >= whole * 4 / 5)
        }
        #expect(Set(pauses).count == pauses.count)
        exchange(news: true)
        #expect(pauses.last.map { $0 <= .seconds(30) } == true)
        // Four times a poll may be more than anybody waits for.
        var middle = network(poll: .seconds(200))
        for _ in 0..<100 { middle.ended(.done, hasNews: false, at: now, using: &random) }
        let pause = middle.due(.fetch, at: now) - now
        #expect(pause <= Limits.slowestPoll && pause >= Limits.slowestPoll * 4 / 5)
        // Who asked for a longer poll than the slowest keeps it.
        var slow = network(poll: .seconds(3_600))
        for _ in 0..<100 { slow.ended(.done, hasNews: false, at: now, using: &random) }
        #expect(slow.due(.fetch, at: now) - now <= .seconds(3_600))
    }

    @Test("a change of the network brings a try at once and quick tries again, but no storm")
    func networkChanges() {
        var random = SeededRandom(seed: 3)
        var schedule = network()
        var now = start
        for _ in 0..<20 {
            schedule.ended(.failed(), hasNews: false, at: now, using: &random)
            now = schedule.due(.fetch, at: now)
        }
        schedule.ended(.failed(), hasNews: false, at: now, using: &random)
        let later = now + .seconds(5)
        schedule.networkChanged(at: later)
        #expect(schedule.due(.fetch, at: later) == later)
        schedule.ended(.failed(), hasNews: false, at: later, using: &random)
        #expect(schedule.due(.fetch, at: later) <= later + .seconds(1))
        // A hundred changes within a moment are one try after a breath.
        for _ in 0..<100 { schedule.networkChanged(at: later + .milliseconds(1)) }
        #expect(schedule.due(.fetch, at: later) <= later + Limits.exchangeCooldown)
        // While all is well it is one poll, and not before the poll's time is over.
        schedule.ended(.done, hasNews: true, at: later, using: &random)
        for _ in 0..<40 { schedule.ended(.done, hasNews: false, at: later, using: &random) }
        schedule.networkChanged(at: later + .seconds(1))
        #expect(schedule.due(.fetch, at: later + .seconds(1)) == later + .seconds(30))
        schedule.networkChanged(at: later + .seconds(31))
        #expect(schedule.due(.fetch, at: later + .seconds(31)) == later + .seconds(31))
    }

    @Test("the first push goes at once, and no minute ever has more than its pushes")
    func budget() {
        for seed in 1...200 {
            var random = SeededRandom(seed: UInt64(seed))
            let most = seed.isMultiple(of: 4) ? 1 + random.below(30) : 6
            var schedule = network(pushes: most)
            var (now, sent) = (start, [Instant]())
            #expect(schedule.due(.push, at: now) == now)
            while now < start + .seconds(900) {
                let isAsked = random.oneIn(5)
                let turn = schedule.due(isAsked ? .asked : .push, at: now)
                if turn <= now {
                    schedule.pushed(at: now)
                    sent.append(now)
                    schedule.ended(.done, hasNews: true, at: now, using: &random)
                }
                // Sometimes a quiet while, mostly one change after the other.
                now += random.oneIn(40) ? .seconds(random.below(90)) : .milliseconds(250)
            }
            for (index, first) in sent.enumerated() {
                let minute = sent[index...].prefix { $0 - first <= Limits.pushSpan }
                #expect(minute.count <= most, "seed \(seed)")
            }
        }
    }

    @Test("a stream of changes is pushed at growing distances, and the last turn is a person's")
    func stream() {
        var (schedule, now, sent) = (network(), start, [Duration]())
        while now < start + .seconds(59) {
            if schedule.pushTurn(at: now, isAsked: false) <= now {
                schedule.pushed(at: now)
                sent.append(now - start)
            }
            now += .milliseconds(100)
        }
        #expect(sent.count == 5)
        #expect(sent[1] < .seconds(2))
        let gaps = zip(sent, sent.dropFirst()).map { $1 - $0 }
        #expect(gaps == gaps.sorted())
        #expect(schedule.pushTurn(at: now, isAsked: true) == now)
        schedule.pushed(at: now)
        #expect(schedule.pushTurn(at: now, isAsked: true) > start + .seconds(60))
    }
}
