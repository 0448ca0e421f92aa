internal import SyncModel

extension RecordMerge {
    /// Puts the merged records in order.
    ///
    /// 1. Conversations whose records all are dated: by (timestamp, sequence, id).
    /// 2. A side that holds exactly the merged identities gives its order; of two, the one that
    ///    changed the base's, else the later one.
    /// 3. Where all versions are sorted by one key, by that.
    /// 4. Base order, then additions by (timestamp, id); where one of them has no timestamp, the
    ///    earlier side's additions in its order, then the later side's.
    func arranged(_ records: [Merged]) -> [Merged] {
        if type == .conversation, let sorted = byDate(records) { return sorted }
        if let order = sideOrder(records) { return order }
        if let key = sortKey(records) { return sorted(records, by: key) }
        let kept = records.filter { base.place($0.id) != nil }
        let added = records.filter { base.place($0.id) == nil }
        guard let dated = byDate(added) else { return kept + added }
        return kept + dated
    }

    private func info(_ record: Merged) -> RecordInfo { table.infos[record.raws[0]] }

    private func precedesByName(_ left: Merged, _ right: Merged) -> Bool {
        names[left.id].lexicographicallyPrecedes(names[right.id])
    }

    /// Sorts by (timestamp, sequence, id); nil when a record is not dated.
    private func byDate(_ records: [Merged]) -> [Merged]? {
        var keyed: [(date: Instant, sequence: Int64, record: Merged)] = []
        keyed.reserveCapacity(records.count)
        for record in records {
            let info = info(record)
            guard let date = info.date else { return nil }
            keyed.append((date, info.sequence ?? .min, record))
        }
        return keyed.sorted { left, right in
            if left.date != right.date { return left.date < right.date }
            if left.sequence != right.sequence { return left.sequence < right.sequence }
            return precedesByName(left.record, right.record)
        }.map(\.record)
    }

    private func sideOrder(_ records: [Merged]) -> [Merged]? {
        func holds(_ side: RecordVersion) -> Bool {
            side.entries.count == records.count
                && records.allSatisfy { side.place($0.id) != nil }
        }
        func order(_ side: RecordVersion) -> [Merged] {
            var ordered: [Merged?] = Array(repeating: nil, count: side.entries.count)
            for record in records { side.place(record.id).map { ordered[$0] = record } }
            return ordered.compactMap { $0 }
        }
        func keepsBase(_ side: RecordVersion) -> Bool {
            side.entries.map(\.id) == base.entries.map(\.id)
        }
        switch (holds(early), holds(late)) {
        case (false, false): return nil
        case (true, false): return order(early)
        case (false, true): return order(late)
        case (true, true): return order(keepsBase(late) ? early : late)
        }
    }

    /// A key by which all versions are sorted.
    private struct SortKey {
        enum Field { case time(Int), sequence, identity }
        let field: Field
        let isDescending: Bool
    }

    /// Finds the first such key: times may repeat, a sequence number or an identity may not.
    private func sortKey(_ records: [Merged]) -> SortKey? {
        let versions = [base, early, late].map {
            $0.entries.map { Merged(id: $0.id, raws: $0.raws) }
        }
        guard versions.contains(where: { $0.count > 1 }) else { return nil }
        var fields = RecordFields.times.indices.map { SortKey.Field.time($0) }
        fields.append(.sequence)
        switch identity {
        case .place, .key: if type != .event { fields.append(.identity) }
        case .typed, .content: break
        }
        for field in fields {
            for isDescending in [false, true] {
                let key = SortKey(field: field, isDescending: isDescending)
                let hold = versions.allSatisfy { isSorted($0, by: key) }
                if hold, records.allSatisfy({ has($0, key) }) { return key }
            }
        }
        return nil
    }

    private func has(_ record: Merged, _ key: SortKey) -> Bool {
        let info = info(record)
        return switch key.field {
        case .time(let index): info.time(index) != nil
        case .sequence: info.sequence != nil
        case .identity: true
        }
    }

    private func isSorted(_ records: [Merged], by key: SortKey) -> Bool {
        guard records.allSatisfy({ has($0, key) }) else { return false }
        for (left, right) in zip(records, records.dropFirst()) {
            switch order(left, right, key) {
            case .some(true): continue
            case .some(false): return false
            case nil:
                guard case .time = key.field else { return false }
            }
        }
        return true
    }

    /// Whether `left` comes before `right`; nil when they are equal.
    private func order(_ left: Merged, _ right: Merged, _ key: SortKey) -> Bool? {
        let (one, two) = key.isDescending ? (right, left) : (left, right)
        switch key.field {
        case .time(let index):
            guard let first = info(one).time(index), let second = info(two).time(index),
                first != second
            else { return nil }
            return first < second
        case .sequence:
            guard let first = info(one).sequence, let second = info(two).sequence,
                first != second
            else { return nil }
            return first < second
        case .identity:
            let (first, second) = (names[one.id], names[two.id])
            guard !first.elementsEqual(second) else { return nil }
            switch (number(first), number(second)) {
            case (let low?, let high?) where low != high: return low < high
            case (.some, nil): return true
            case (nil, .some): return false
            default: return first.lexicographicallyPrecedes(second)
            }
        }
    }

    /// An identity that is a whole number.
    private func number(_ name: ArraySlice<UInt8>) -> Int64? {
        table.form == .value ? DecimalIdentity.number(name.dropFirst()) : nil
    }

    /// Sorts by the key; records that it cannot tell apart stand in base order, then by
    /// (timestamp, id).
    private func sorted(_ records: [Merged], by key: SortKey) -> [Merged] {
        records.sorted { left, right in
            if let decided = order(left, right, key) { return decided }
            switch (base.place(left.id), base.place(right.id)) {
            case (let one?, let two?): return one < two
            case (.some, nil): return true
            case (nil, .some): return false
            case (nil, nil):
                if let one = info(left).date, let two = info(right).date, one != two {
                    return one < two
                }
                return precedesByName(left, right)
            }
        }
    }
}

/// Whole numbers in their canonical spelling, digits and `e` and an exponent.
enum DecimalIdentity {
    /// The number; nil when it is none or does not fit.
    static func number(_ canonical: ArraySlice<UInt8>) -> Int64? {
        if canonical.elementsEqual([0x30]) { return 0 }
        guard let mark = canonical.firstIndex(of: 0x65),
            let digits = Int64(String(decoding: canonical[..<mark], as: UTF8.self)),
            let zeros = Int(String(decoding: canonical[(mark + 1)...], as: UTF8.self)),
            (0...18).contains(zeros)
        else { return nil }
        var result = digits
        for _ in 0..<zeros {
            let (next, overflow) = result.multipliedReportingOverflow(by: 10)
            if overflow { return nil }
            result = next
        }
        return result
    }
}
