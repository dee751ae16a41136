"""
Records of schema 1 as they were written, and what they say.

They stand for what lies in stores out there: nothing here is ever changed or taken away. A new
schema gets a file of its own beside this one.
"""

from __future__ import annotations

from smsverify.domain.delivery import DeliveryState, FailureReason
from smsverify.domain.record import (
    Approval,
    Attempt,
    Operation,
    PhoneRecord,
    Verification,
    WrongAnswers,
)

T = 1_795_348_800_000
FIRST = Verification(bytes(range(16)), b"\xaa\xbb\xcc\xdd", T)
SECOND = Verification(bytes(range(16, 32)), b"\xaa\xbb\xcc\xdd", T + 400_000)
OLDER_KEY = Verification(bytes(range(32, 48)), b"\x11\x22\x33\x44", T + 5_000)
DROPPED = Verification(b"", b"", T - 3_600_000)
SENDER = bytes.fromhex("0a1b2c3d4e5f")
OTHER_SENDER = bytes.fromhex("ffeeddccbbaa")


def message_id(number: int) -> str:
    """Return a message id of the usual form."""
    return f"SM{number:032x}"


EMPTY = PhoneRecord()

ADMITTED = PhoneRecord(
    stamp=b"attempt1",
    attempts=(Attempt(b"attempt1", "verify", FIRST, T, DeliveryState.SENDING, T, SENDER, 8_300),),
)

APPROVED = PhoneRecord(
    stamp=b"check001",
    attempts=(
        Attempt(
            b"attempt1",
            "verify",
            None,
            T,
            DeliveryState.SENT,
            T + 321,
            SENDER,
            8_300,
            message_id=message_id(0xABCDEF),
        ),
    ),
    approvals=(Approval(b"check001", "verify", FIRST),),
)

EVERYTHING = PhoneRecord(
    stamp=b"stop0001",
    attempts=(
        Attempt(
            b"attempt0",
            "login",
            DROPPED,
            T - 3_600_000,
            DeliveryState.UNDELIVERED,
            T - 3_590_000,
            OTHER_SENDER,
            1_000_000,
            FailureReason.FILTERED,
            30_007,
            "MM-of-another-form",
        ),
        Attempt(
            b"attempt1",
            "verify",
            FIRST,
            T,
            DeliveryState.DELIVERED,
            T + 4_321,
            SENDER,
            8_300,
            message_id=message_id(1),
            key_hash=b"key hash of one.",
        ),
        Attempt(
            b"attempt2",
            "verify",
            FIRST,
            T + 60_000,
            DeliveryState.FAILED,
            T + 60_500,
            SENDER,
            8_300,
            FailureReason.UNROUTABLE,
            21_612,
        ),
        Attempt(
            b"attempt3",
            "verify",
            SECOND,
            T + 400_000,
            DeliveryState.UNKNOWN,
            T + 410_000,
            SENDER,
            16_600,
            None,
            20_500,
        ),
        Attempt(
            b"attempt4",
            "login",
            OLDER_KEY,
            T + 5_000,
            DeliveryState.SENDING,
            T + 5_000,
            SENDER,
            8_300,
            message_id="",
        ),
    ),
    wrong=(
        WrongAnswers("verify", (T + 10_000, T + 12_345, T + 12_345, T + 11_000)),
        WrongAnswers("login", (T + 13_000,)),
    ),
    operations=(Operation(b"wrong004", T + 11_000, 1), Operation(b"wrong005", T + 13_000, 4)),
    approvals=(
        Approval(b"check001", "verify", SECOND, b"key hash of two."),
        Approval(b"check002", "signup", Verification(b"z" * 16, b"\x11\x22\x33\x44", T - 1)),
    ),
    opted_out_at=T + 500_000,
    message_hashes=(b"hash of one stop", b"hash of a start."),
)

WRONG_ONLY = PhoneRecord(
    stamp=b"wrong001",
    wrong=(WrongAnswers("verify", (T, T + 1)),),
    operations=(Operation(b"wrong001", T + 1, 3),),
)

OPTED_OUT = PhoneRecord(stamp=b"stop0001", opted_out_at=T, message_hashes=(b"hash of one stop",))

GOLDEN: dict[str, tuple[str, PhoneRecord]] = {
    "empty": ("019bc4000090c40090940000000090c400c40090c0", EMPTY),
    "admitted": (
        (
            "019bc408617474656d707431cf000001a20320a20091a6766572696679c404aabbccdd919300c406"
            "0a1b2c3d4e5fcd206c98010000010100000093000000c408617474656d707431c410000102030405"
            "060708090a0b0c0d0e0f90c0"
        ),
        ADMITTED,
    ),
    "approved": (
        (
            "019bc408636865636b303031cf000001a20320a20091a6766572696679c404aabbccdd919300c406"
            "0a1b2c3d4e5fcd206c9a010a00000000010001019300cd014100c410617474656d70743163686563"
            "6b303031c42000000000000000000000000000abcdef000102030405060708090a0b0c0d0e0f90c0"
        ),
        APPROVED,
    ),
    "everything": (
        (
            "019bc40873746f7030303031cf000001a202e9b38093a56c6f67696ea6766572696679a67369676e"
            "7570c408aabbccdd11223344949300c406ffeeddccbbaace000f42409301c4060a1b2c3d4e5fcd20"
            "6c9301c4060a1b2c3d4e5fcd40d89300c4060a1b2c3d4e5fcd206cdc002705ccd30001000ecd7537"
            "2c010201ccc5010205cd546ccc81020301cd5014100304020201040001020104020303040502dc00"
            "1600cd271000ce0036ee80cd10e100cdea60cd01f4ce00053020cd271000d2fff9f9080000ce0037"
            "1590cd092900d1fabfcd07d0ce00371978ce00372148ce0036ee7fc448617474656d707430617474"
            "656d707431617474656d707432617474656d707433617474656d70743477726f6e6730303477726f"
            "6e67303035636865636b303031636865636b303032c490000000000000000000000000000000016b"
            "65792068617368206f66206f6e652e000102030405060708090a0b0c0d0e0f101112131415161718"
            "191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f6b65792068617368206f662074776f2e7a"
            "7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a68617368206f66206f6e652073746f7068617368206f662061"
            "2073746172742e92b24d4d2d6f662d616e6f746865722d666f726da0cf000001a203284320"
        ),
        EVERYTHING,
    ),
    "wrong_only": (
        (
            "019bc40877726f6e67303031cf000001a20320a20091a6766572696679c400909700010002010300"
            "93000101c40877726f6e67303031c40090c0"
        ),
        WRONG_ONLY,
    ),
    "opted_out": (
        (
            "019bc40873746f70303030310090c40090940000000090c400c41068617368206f66206f6e652073"
            "746f7090cf000001a20320a200"
        ),
        OPTED_OUT,
    ),
}
