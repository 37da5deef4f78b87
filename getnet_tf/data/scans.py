"""Scanned things, and which of them nothing may learn from.

The 80 scans of the benchmarks' data are split once and for all: of their names in order every fourth is tested on, and of the others
every fifth is chosen by. The names stand here, so that a scan that is added or missing moves no other one. All others train.
"""

import pathlib

from getnet_tf.errors import InputError

TEST = (
    "017_orange",
    "029_plate",
    "038_padlock",
    "048_hammer",
    "056_tennis_ball",
    "063-b_marbles",
    "065-f_cups",
    "065-j_cups",
    "072-c_toy_airplane",
    "073-c_lego_duplo",
    "073-g_lego_duplo",
    "Android_Figure_Panda",
    "Breyer_Horse_Of_The_Year_2015",
    "Crayola_Crayons_24_count",
    "Nescafe_Momento_Mocha_Specialty_Coffee_Mix_8_ct",
    "Room_Essentials_Mug_White_Yellow",
    "Schleich_Hereford_Bull",
    "Sootheze_Toasty_Orca",
    "Teenage_Mutant_Ninja_Turtles_Rahzar_Action_Figure",
    "Womens_Bluefish_2Eye_Boat_Shoe_in_Tan",
)
VALIDATION = (
    "026_sponge",
    "042_adjustable_wrench",
    "055_baseball",
    "065-c_cups",
    "070-a_colored_wood_blocks",
    "073-b_lego_duplo",
    "Android_Figure_Chrome",
    "Cole_Hardware_Hammer_Black",
    "Kong_Puppy_Teething_Rubber_Small_Pink",
    "Schleich_African_Black_Rhino",
    "Sperry_TopSider_pSUFPWQXPp3",
    "Wishbone_Pencil_Case",
)


def scan_names(folder):
    """Names of the scans in a folder: dict of lists "train", "val" and "test".

    Raises:
        InputError: if there is none.
    """
    names = sorted(path.stem for path in pathlib.Path(folder).glob("*.npz"))
    if not names:
        raise InputError(f"No scan in {folder}. Expected NAME.npz and NAME.jpg of things.")
    held_out = {*TEST, *VALIDATION}
    return {
        "train": [name for name in names if name not in held_out],
        "val": [name for name in names if name in VALIDATION],
        "test": [name for name in names if name in TEST],
    }
