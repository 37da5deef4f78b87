"""getnet_tf itself: what it offers by name."""

from checks import run_python

import getnet_tf


def test_every_public_name_is_there():
    for name in getnet_tf.__all__:
        assert getattr(getnet_tf, name).__name__ == name


def test_settings_and_presets_load_no_tensorflow():
    code = """
        import sys
        sys.modules["tensorflow"] = sys.modules["keras"] = None
        import getnet_tf
        from getnet_tf import presets
        print(type(presets.photos("my_photos/").train) is getnet_tf.InTurnConfig)
    """
    assert run_python(code).strip() == "True"
